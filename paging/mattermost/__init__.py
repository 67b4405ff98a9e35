"""What comes back from Mattermost: presses on the buttons of pages."""
