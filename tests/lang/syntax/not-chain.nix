[ (!!true) (! ! !true) ]
