select 1 as a;
-- a comment
select 2 as b;
