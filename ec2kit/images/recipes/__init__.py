"""Recipes: what an image is to hold, as short YAML files that build upon each other."""
