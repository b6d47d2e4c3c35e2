"""Who may see and do what: users, roles, sessions, units."""
