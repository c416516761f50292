"""Usage files of vendors and distributors (CSV, XLSX), read by a saved column profile; nothing is guessed."""
