"""What every floor stands on: settings, errors, words, paths, files, seeds, pictures, the machine."""
