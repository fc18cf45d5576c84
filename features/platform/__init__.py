"""The ground floor: settings, errors, storage and the helpers that every other package uses."""
