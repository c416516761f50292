"""What machines that watch over Trueup ask: whether it can work, and how old its figures are."""
