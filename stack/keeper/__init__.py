"""Everything that keeps services up: supervisor is the keeper, this is how it is told, asked and watched."""
