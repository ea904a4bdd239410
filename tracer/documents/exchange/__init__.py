"""What others exchange: graphs, views and work of other viewers, in and out."""
