"""Every file format that people write or programs exchange. No torch here."""
