let __findFile = path: name: path; __nixPath = "mine"; in <x>
