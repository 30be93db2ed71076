"${./data/none}"
