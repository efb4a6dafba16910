"""What is learned: the loss, the metrics and the pictures of each kind of learning. One file a task."""
