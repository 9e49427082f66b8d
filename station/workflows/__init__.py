"""One file for each thing a person does. Plain functions: intent, deed, fact; devices come on their lanes."""
