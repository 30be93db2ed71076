"from default"
