"""What a person can type: a module for each noun, thin and alike. Nothing here is imported before it is typed."""
