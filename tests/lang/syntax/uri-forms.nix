[ a+b:c http://x.y/z?q=1&r=%20 x:'y mailto:a@b ]
