"""What leaves the compiler: descriptions of tasks, without doit and without a run."""
