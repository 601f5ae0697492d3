"""What leaves the program: reports and files for other systems."""
