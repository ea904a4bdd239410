"""The account of one answer: what listed nodes, words, start and biases add to it, exactly."""
