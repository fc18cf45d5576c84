"""The parts that all models share: registry, model files, guard, training and measures."""
