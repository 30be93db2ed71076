builtins.fromTOML ''
  a = 1
  b = "x"
  c = [1, 2]
  d = 1.5
  e = true
  [t.u]
  v = 'lit\n'
  [[l]]
  n = 1
  [[l]]
  n = 2
''
