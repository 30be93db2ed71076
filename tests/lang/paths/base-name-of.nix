map baseNameOf [ "/a/b" "/a/b/" "a" "" "/" "/a//" "a/b//" /x/y /. ]
