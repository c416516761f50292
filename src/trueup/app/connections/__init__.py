"""Set up: a tenant's choices, accounts that are tried live, and the prerequisites that are asked one by one."""
