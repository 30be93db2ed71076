[ (toString /a/b/..) (toString ./.) ]
