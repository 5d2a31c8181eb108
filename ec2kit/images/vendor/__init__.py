"""A vendor's cloud image becomes an image of ours: looked at, customised inside its own root, cleaned and checked."""
