"""HTTP, command line and the wiring of everything else."""
