"""How the values of each kind of field are read and compared."""
