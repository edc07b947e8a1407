-- Records in a list whose fields are read and written in place: particles between two walls.
return function(size)
    local particles = {}
    for i = 0, 999 do
        particles[i + 1] = { place = i * 37 % 1000, speed = i % 13 - 6, hits = 0 }
    end
    for _ = 1, size do
        for i = 1, 1000 do
            local p = particles[i]
            p.place = p.place + p.speed
            if p.place < 0 or p.place >= 1000 then
                p.speed = -p.speed
                p.place = p.place + 2 * p.speed
                p.hits = p.hits + 1
            end
        end
    end
    local result = 0
    for _, p in ipairs(particles) do result = result + p.place + 1000 * p.hits end
    return result
end
