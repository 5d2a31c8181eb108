"""Root file systems: made by mmdebstrap from a recipe, cleaned, and kept."""
