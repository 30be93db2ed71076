import ./data/pkg
