"""The long look at models of text: those that write, and those that fill gaps."""
