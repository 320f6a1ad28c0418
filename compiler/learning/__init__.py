"""What one artifact teaches the next: findings, feedback, priors, guards."""
