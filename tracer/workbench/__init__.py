"""Type a prompt, see its graph, poke it, keep it: beside the preview, on the author's machine."""
