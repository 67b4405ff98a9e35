"""The way back from Slack: presses on buttons and slash commands, by signed HTTP or by Socket Mode."""
