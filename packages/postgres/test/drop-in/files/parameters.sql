select id, name from item where id = $1 or name = $2 order by id
