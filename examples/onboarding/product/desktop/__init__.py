"""The desktop shell: runs the server as its sidecar and shows the web UI in a window."""
