"""Ask, answer, comment and draw: tasks, cases and what readers say of them. The lowest room."""
