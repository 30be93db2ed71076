"${./data/file}"
