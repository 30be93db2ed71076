map dirOf [ "/a/b" "/a/b/" "a" "" "/" "/a" "a/b" /x/y /. /x ]
