"""What machines ask that watch over the application: health, and figures for Prometheus."""
