SELECT n, count(*) AS clients FROM (SELECT client, count(*) AS n FROM web GROUP BY client) GROUP BY n ORDER BY n LIMIT 10
