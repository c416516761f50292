"""Units go out: the port that every PSA adapter implements, and one folder an adapter."""
