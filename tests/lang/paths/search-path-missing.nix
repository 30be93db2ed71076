<nowhere/x>
