http://a.b
