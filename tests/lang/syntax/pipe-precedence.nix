[ (false -> true |> (x: !x)) ((x: x + 1) <| (x: x * 2) <| 3) ]
