/* one /* not nested */ 1 # rest
+ /**/ 2 /***/ + 3 # end
