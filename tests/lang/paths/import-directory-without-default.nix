import ./data/tree
