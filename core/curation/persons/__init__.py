"""Who is the same person: rules that join patients, ask about them, or name doubtful patient IDs."""
