"""A photograph and a card become calibrated CIELAB. Knows nothing of faces, patients or days."""
