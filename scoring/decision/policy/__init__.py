"""Policy files: their parts, versions, approval and reason codes."""
