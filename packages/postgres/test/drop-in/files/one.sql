select 1 as one, 'a' as text
