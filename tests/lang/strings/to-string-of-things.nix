map toString [ 1 true false null "s" [ 1 [ 2 [ ] 3 ] [ ] true false null ] [ ] [ [ ] ] ]
